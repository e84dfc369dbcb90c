export {
  type DashboardOptions,
  type DashboardService,
  type Dataset,
  startDashboard,
} from './server/start.ts';
