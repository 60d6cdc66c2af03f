import { Module } from '@nestjs/common';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { ApplicationsController } from './applications.controller.js';

@Module({ imports: [OrganizationsModule], controllers: [ApplicationsController] })
export class ApplicationsModule {}
